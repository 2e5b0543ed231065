"""One ordinary diagram of Camunda 7 with a bit of everything, drawing and comments included."""

WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<!-- drawn by hand -->
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:acme="http://acme.example"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="file"
  targetNamespace="http://acme.example" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.22.0">
  <bpmn:message id="m" name="answer" />
  <bpmn:process id="refund" name="报销 &amp; 退款" isExecutable="true" camunda:historyTimeToLive="P30D">
    <bpmn:documentation>为什么：
第二行</bpmn:documentation>
    <!-- a note -->
    <bpmn:startEvent id="start" name="开始" camunda:initiator="starter">
      <bpmn:outgoing>f1</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="approve" name="审批&#10;金额" camunda:assignee="${starter}" camunda:candidateGroups="bosses" camunda:asyncBefore="true" acme:colour="red">
      <bpmn:documentation>看清楚</bpmn:documentation>
      <bpmn:extensionElements>
        <acme:note>keep me</acme:note>
        <camunda:formData>
          <camunda:formField id="approved" label="同意" type="boolean" />
        </camunda:formData>
        <camunda:inputOutput>
          <camunda:inputParameter name="limit">${amount * 2}</camunda:inputParameter>
        </camunda:inputOutput>
      </bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming>
      <bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="late" cancelActivity="false" attachedToRef="approve">
      <bpmn:outgoing>f6</bpmn:outgoing>
      <bpmn:timerEventDefinition id="t"><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">${patience}</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:exclusiveGateway id="ok" name="同意？" default="f4" />
    <bpmn:callActivity id="pay" calledElement="payment">
      <bpmn:extensionElements>
        <camunda:in source="amount" target="sum" />
        <camunda:out source="number" target="receipt" />
      </bpmn:extensionElements>
    </bpmn:callActivity>
    <bpmn:endEvent id="end" />
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="approve" />
    <bpmn:sequenceFlow id="f2" sourceRef="approve" targetRef="ok" />
    <bpmn:sequenceFlow id="f3" sourceRef="ok" targetRef="pay">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${approved}</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f4" sourceRef="ok" targetRef="end" />
    <bpmn:sequenceFlow id="f5" sourceRef="pay" targetRef="end" />
    <bpmn:sequenceFlow id="f6" sourceRef="late" targetRef="end" />
    <bpmn:textAnnotation id="n"><bpmn:text>${not code}</bpmn:text></bpmn:textAnnotation>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="drawing">
    <bpmndi:BPMNPlane id="plane" bpmnElement="refund">
      <bpmndi:BPMNShape id="start_shape" bpmnElement="start"><dc:Bounds x="100" y="100" width="36" height="36" /></bpmndi:BPMNShape>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
""".encode()

# Every construct of Flowable at once, much of it without a counterpart: for what must hold whatever is in a file.
CROWDED = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:flowable="http://flowable.org/bpmn" xmlns:design="http://flowable.org/design" targetNamespace="http://acme.example" design:palette="p">
  <message id="m" name="go_${region}"/><signal id="s" name="s" flowable:scope="processInstance"/><error id="bad"/>
  <process id="p" name="采购" flowable:candidateStarterUsers="kim" flowable:candidateStarterGroups="a,${b}">
    <extensionElements><flowable:eventListener class="com.X"/><flowable:executionListener event="end" class="com.Y"/><flowable:formData/></extensionElements>
    <dataObject id="d" itemSubjectRef="xsd:string"><extensionElements><flowable:value>5</flowable:value></extensionElements></dataObject>
    <startEvent id="start" flowable:initiator="who" flowable:formKey="order" flowable:formFieldValidation="true"/>
    <userTask id="u" name="审批" flowable:assignee="${who}" flowable:candidateUsers="a, ${b.c()}" flowable:dueDate="${due}" flowable:category="x"
      flowable:skipExpression="${skip}" flowable:priority="900" flowable:colour="red" flowable:async="true" flowable:exclusive="false">
      <extensionElements><flowable:formProperty id="n" name="数" type="double" default="x"/><flowable:taskListener event="create" class="com.Z"/>
        <design:stencilid><![CDATA[HumanTask]]></design:stencilid></extensionElements>
      <multiInstanceLoopCharacteristics isSequential="true" flowable:collection="people" flowable:elementVariable="one" flowable:elementIndexVariable="i">
        <extensionElements><flowable:variableAggregation target="r"><variable source="a" target="b"/></flowable:variableAggregation></extensionElements>
        <completionCondition>${nrOfCompletedInstances &gt; 1}</completionCondition></multiInstanceLoopCharacteristics>
    </userTask>
    <boundaryEvent id="b" attachedToRef="u" cancelActivity="false"><timerEventDefinition flowable:businessCalendarName="cal">
      <timeCycle flowable:endDate="${end}">0 0 9 ? * 2-6</timeCycle></timerEventDefinition></boundaryEvent>
    <serviceTask id="h" flowable:type="http" flowable:triggerable="true"><extensionElements>
      <flowable:field name="requestUrl"><flowable:string><![CDATA[http://x]]></flowable:string></flowable:field></extensionElements></serviceTask>
    <serviceTask id="j" flowable:delegateExpression="${mailer}" flowable:resultVariableName="r"><extensionElements>
      <flowable:field name="to"><flowable:expression>${who}</flowable:expression></flowable:field>
      <flowable:failedJobRetryTimeCycle>R3/PT1M</flowable:failedJobRetryTimeCycle></extensionElements></serviceTask>
    <scriptTask id="k" scriptFormat="groovy" flowable:autoStoreVariables="true"><script>execution.setVariable("y", x * 2)</script></scriptTask>
    <callActivity id="c" calledElement="sub" flowable:calledElementType="key" flowable:inheritVariables="true" flowable:businessKey="${k}">
      <extensionElements><flowable:in source="a" target="b"/><flowable:out sourceExpression="${x.y}" target="z"/></extensionElements></callActivity>
    <boundaryEvent id="e" attachedToRef="c"><errorEventDefinition errorRef="lost" flowable:errorVariableName="v"/></boundaryEvent>
    <intermediateCatchEvent id="w"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>
    <exclusiveGateway id="g" default="f8"/><endEvent id="end"><terminateEventDefinition flowable:terminateAll="true"/></endEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="u"/><sequenceFlow id="f2" sourceRef="u" targetRef="h"/>
    <sequenceFlow id="f3" sourceRef="h" targetRef="j"/><sequenceFlow id="f4" sourceRef="j" targetRef="k"/>
    <sequenceFlow id="f5" sourceRef="k" targetRef="c"/><sequenceFlow id="f6" sourceRef="c" targetRef="w"/><sequenceFlow id="f7" sourceRef="w" targetRef="g"/>
    <sequenceFlow id="f8" sourceRef="g" targetRef="end"/>
    <sequenceFlow id="f9" sourceRef="g" targetRef="u"><conditionExpression xsi:type="tFormalExpression"><![CDATA[${vars:get(n) < 5 && !done}]]></conditionExpression></sequenceFlow>
    <sequenceFlow id="f10" sourceRef="b" targetRef="end"/><sequenceFlow id="f11" sourceRef="e" targetRef="end"/>
  </process>
</definitions>
""".encode()
